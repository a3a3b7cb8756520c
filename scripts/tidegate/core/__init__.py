"""What Tidegate decides: values in, values out."""
