// Runs templates with Backstage's own NunjucksWorkflowRunner, for the differential
// test. Reads one JSON object a line, {template, parameters, secrets, user,
// workspace, dir}, and answers each with {steps, output} or {steps, error}. Needs
// the packages of scaffold/action/oracle (NODE_PATH).
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { ConfigReader } = require('@backstage/config');
const { ScmIntegrations } = require('@backstage/integration');
const YAML = require('yaml');

const backend = path.join(process.env.NODE_PATH, '@backstage/plugin-scaffolder-backend/dist/scaffolder');
const { NunjucksWorkflowRunner } = require(path.join(backend, 'tasks/NunjucksWorkflowRunner.cjs.js'));
const integrations = ScmIntegrations.fromConfig(new ConfigReader({}));
const load = (file, create) => require(path.join(backend, 'actions/builtin', `${file}.cjs.js`))[create]({ reader: {}, integrations });

// test:echo gives back what `outputs` holds and notes its input; test:fail fails.
const any = { type: 'object', additionalProperties: true };
const own = [
  { id: 'test:echo', schema: { input: any }, supportsDryRun: true, handler: async ctx => { for (const [k, v] of Object.entries(ctx.input.outputs ?? {})) ctx.output(k, v); } },
  { id: 'test:strict', schema: { input: { type: 'object', required: ['name'], properties: { name: { type: 'string' } }, additionalProperties: false } }, handler: async () => {} },
  { id: 'test:fail', schema: { input: any }, handler: async ctx => { throw new Error(`failed as asked: ${ctx.input.why ?? ''}`); } },
];
const builtin = [load('debug/log', 'createDebugLogAction'), load('fetch/template', 'createFetchTemplateAction'), load('fetch/plain', 'createFetchPlainAction'),
  load('filesystem/rename', 'createFilesystemRenameAction'), load('filesystem/delete', 'createFilesystemDeleteAction')];

const quiet = { child: () => quiet, info() {}, warn() {}, error() {}, debug() {} };
const instrument = { add() {}, record() {} };
const metrics = { createCounter: () => instrument, createHistogram: () => instrument };

async function run({ template, parameters, secrets, user, workspace, dir }) {
  const spec = YAML.parse(template).spec;
  const calls = [];
  const statuses = {};
  const wrap = action => ({ ...action, handler: async ctx => {
    calls.push({ step: ctx.step.id, input: ctx.input });
    return action.handler(ctx);
  } });
  const actions = new Map([...builtin, ...own].map(a => [a.id, wrap(a)]));
  const runner = new NunjucksWorkflowRunner({
    workingDirectory: path.dirname(workspace), integrations, logger: quiet, metrics,
    actionRegistry: { get: async id => { if (!actions.has(id)) throw new Error(`Template action with ID '${id}' is not registered.`); return actions.get(id); } },
  });
  // The runner deletes the workspace at its end, so files are read before that.
  let files = {};
  const read = folder => { for (const e of fs.readdirSync(folder, { withFileTypes: true })) { const p = path.join(folder, e.name); if (e.isDirectory()) read(p); else files[path.relative(workspace, p)] = fs.readFileSync(p, 'utf8'); } };
  const task = {
    taskId: 'task-1', secrets, isDryRun: false, cancelSignal: new AbortController().signal,
    spec: {
      apiVersion: 'scaffolder.backstage.io/v1beta3', parameters, user,
      templateInfo: { entityRef: 'template:default/t', baseUrl: `file://${dir}/template.yaml` },
      steps: (spec.steps ?? []).map((s, i) => ({ ...s, id: s.id ?? `step-${i + 1}`, name: s.name ?? s.action })),
      output: spec.output ?? {},
    },
    getWorkspaceName: async () => path.basename(workspace),
    getInitiatorCredentials: async () => ({}),
    emitLog: async (message, meta) => { if (meta?.status && meta.status !== 'processing') statuses[meta.stepId] = meta.status; },
    serializeWorkspace: async () => { files = {}; read(workspace); },
  };
  const done = () => ({ calls, statuses, files });
  try {
    const { output } = await runner.execute(task);
    return { ...done(), output };
  } catch (error) {
    return { ...done(), error: error.message };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
  }
})();
