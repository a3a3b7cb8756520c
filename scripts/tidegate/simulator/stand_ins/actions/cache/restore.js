require("./run.js")("cache-restore");
