// GitHub's own workflow parser over the given files: one line a finding, exit code 1 when there is one.
import { readFileSync } from "node:fs";
import { register } from "node:module";

// The package imports its JSON schema as bundlers allow; Node wants the type said.
const hook = `export const load = (url, context, next) =>
  next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } = await import("@actions/workflow-parser");

let findings = 0;
for (const name of process.argv.slice(2)) {
  const content = readFileSync(name, "utf8");
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  for (const error of context.errors.getErrors()) {
    findings += 1;
    console.log(`${name}: ${error.message}`);
  }
}
process.exit(findings ? 1 : 0);
