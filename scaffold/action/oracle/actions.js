// Runs Backstage's own scaffolder actions on local folders, for the differential
// test next door. It reads lines of
//   {"action", "input", "workspace", "template", "entityRef"}
// where workspace and template are absolute folders, and answers each with one
// line: {"outputs", "log"} or {"error", "log"}. A line {"patterns", "template"} is
// answered with what the patterns of fetch:template match: {"matched"}, and a line
// {"schema": id} with an action's schemas: {"input", "output"}.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { ConfigReader } = require('@backstage/config');
const { ScmIntegrations } = require('@backstage/integration');
const globby = require('globby');
const jsonschema = require('jsonschema');

const builtin = path.join(__dirname, 'node_modules/@backstage/plugin-scaffolder-backend/dist/scaffolder/actions/builtin');
const options = { reader: {}, integrations: ScmIntegrations.fromConfig(new ConfigReader({})) };
const load = (file, create) => require(path.join(builtin, `${file}.cjs.js`))[create](options);

const actions = new Map([
  load('fetch/template', 'createFetchTemplateAction'),
  load('fetch/templateFile', 'createFetchTemplateFileAction'),
  load('fetch/plain', 'createFetchPlainAction'),
  load('fetch/plainFile', 'createFetchPlainFileAction'),
  load('filesystem/rename', 'createFilesystemRenameAction'),
  load('filesystem/delete', 'createFilesystemDeleteAction'),
  load('filesystem/read', 'createFilesystemReadDirAction'),
  load('debug/log', 'createDebugLogAction'),
  load('catalog/write', 'createCatalogWriteAction'),
].map(action => [action.id, action]));

async function match({ patterns, template }) {
  const matched = await globby(patterns, { cwd: template, dot: true, onlyFiles: false, markDirectories: true, followSymbolicLinks: false });
  return { matched };
}

async function run({ action: id, input, workspace, template, entityRef }) {
  const action = actions.get(id);
  const outputs = {};
  const log = [];
  const temporary = [];
  const say = message => log.push(String(message));
  try {
    const { valid, errors } = jsonschema.validate(input, action.schema.input);
    if (!valid) throw new Error(`Invalid input passed to action ${id}, ${errors.join(', ')}`);
    await action.handler({
      input,
      workspacePath: workspace,
      logger: { info: say, error: say, warn: say, debug: say },
      output: (name, value) => { outputs[name] = value; },
      createTemporaryDirectory: async () => {
        temporary.push(fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-oracle-')));
        return temporary.at(-1);
      },
      templateInfo: { baseUrl: `file://${template}/template.yaml`, entityRef },
    });
    return { outputs, log };
  } catch (error) {
    return { error: error.message, log };
  } finally {
    for (const dir of temporary) fs.rmSync(dir, { recursive: true, force: true });
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    if (request.schema) answer = actions.get(request.schema).schema;
    else answer = await (request.patterns ? match(request) : run(request));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
})();
