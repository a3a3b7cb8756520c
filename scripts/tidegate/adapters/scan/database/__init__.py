"""The second engine: the same counts, asked of a database, a warehouse or Spark, where the rows already are."""
