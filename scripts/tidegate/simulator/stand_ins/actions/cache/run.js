// Only a JavaScript action has a post step, which the real cache action saves in.
const { spawnSync } = require("node:child_process");
const path = require("node:path");

module.exports = (name) => {
  const environ = { ...process.env };
  for (const [key, value] of Object.entries(process.env)) {
    if (key.startsWith("INPUT_")) environ[key.replaceAll("-", "_")] = value;
  }
  const program = path.join(process.env.SIMULATOR, "stand-in");
  const { status } = spawnSync(program, [name], { env: environ, stdio: "inherit" });
  process.exit(status ?? 1);
};
