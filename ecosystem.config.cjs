/**
 * The three roles under PM2: `pm2 start ecosystem.config.cjs`, in the folder that has `.env`.
 *
 * They meet on Redis, so `REDIS_URL` has to be set there or in the environment, as every other
 * setting. Plain old JavaScript, since PM2 reads this with whatever Node it runs on itself; the
 * roles run on the Node that the project brings along.
 */
'use strict'
// biome-ignore-start lint/style/useNodejsImportProtocol: Node 12 knows no `node:` names.
const fs = require('fs')
const path = require('path')
// biome-ignore-end lint/style/useNodejsImportProtocol: see above.

/** A stop takes up to 9.8 s; only what is stuck beyond that is killed. */
const KILL_AFTER_MS = 11000
/** A Redis that still reads its data may take this long. */
const READY_WITHIN_MS = 20000
/** After an end that nobody asked for; PM2 makes it longer each time, up to 15 s, and goes on for ever. */
const RESTART_AFTER_MS = 200

/** Each role has its own, from here on: `METRICS_PORT`, the one above it, and the one above that. */
const FIRST_METRICS_PORT = Number(process.env.METRICS_PORT || 9464)

const role = (name, played, n) => ({
  name,
  script: path.join(__dirname, 'bin', 'rapid-fire.js'),
  args: ['start', '--role', played],
  // Where `pm2 start` was typed: there are `.env`, `rapid-fire.config.ts` and `./data`.
  cwd: process.cwd(),
  env: { METRICS_PORT: String(FIRST_METRICS_PORT + n) },
  interpreter: ownNode(),
  exec_mode: 'fork',
  wait_ready: true,
  listen_timeout: READY_WITHIN_MS,
  kill_timeout: KILL_AFTER_MS,
  exp_backoff_restart_delay: RESTART_AFTER_MS,
  merge_logs: true,
  // Nothing of PM2 runs inside the roles or looks at the git repository.
  pmx: false,
  vizion: false,
})

/** The Node of the devDependency, in this folder's node_modules or in one above it, else PM2's own. */
function ownNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', 'node', 'bin', name)
    if (fs.existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) return process.execPath
  }
}

module.exports = {
  apps: [
    role('ai-admin-api', 'api', 0),
    role('ai-admin-batch-processor', 'processor', 1),
    role('ai-admin-worker-v2', 'worker', 2),
  ],
}
