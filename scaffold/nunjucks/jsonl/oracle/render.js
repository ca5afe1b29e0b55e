// Answers requests of mode "render" with the real nunjucks: the protocol of
// `cairn template render --jsonl`, without Backstage's filters.
const nunjucks = require('nunjucks');
const lines = require('readline').createInterface({ input: process.stdin, terminal: false });

lines.on('line', (line) => {
  const request = JSON.parse(line);
  const answer = { id: request.id };
  const uninstall = request.opts.jinjaCompat ? nunjucks.installJinjaCompat() : () => {};
  try {
    const env = new nunjucks.Environment([], request.opts);
    if (request.opts.cookiecutter) env.addFilter('jsonify', env.getFilter('dump'));
    if (request.bench) answer.output = seconds(env, request);
    else answer.output = env.renderString(request.template, request.context || {});
  } catch (err) {
    answer.error = String(err.message);
  }
  uninstall();
  process.stdout.write(JSON.stringify(answer) + '\n');
});

// seconds is how long parsing and rendering the template takes, so many times.
function seconds(env, request) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < request.bench; i++) env.renderString(request.template, request.context);
  return Number(process.hrtime.bigint() - start) / 1e9;
}
