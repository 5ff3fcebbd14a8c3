#!/usr/bin/env node
/**
 * The command. Plain old JavaScript, so that an old Node can at least say what is missing: when the
 * Node that runs this is too old, the one that the project brings along takes over.
 */
'use strict'
// biome-ignore-start lint/style/useNodejsImportProtocol: Node 12 knows no `node:` names.
const childProcess = require('child_process')
const fs = require('fs')
const nodeModule = require('module')
const path = require('path')
const url = require('url')
// biome-ignore-end lint/style/useNodejsImportProtocol: see above.

const NEEDED = 24
const root = path.dirname(__dirname)
// A clone runs its source, whatever an earlier build left beside it; a package has no source.
const source = path.join(root, 'src', 'cli', 'main.ts')
const isClone = fs.existsSync(source)

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache()
  const entry = isClone ? source : path.join(root, 'dist', 'cli', 'main.js')
  import(url.pathToFileURL(entry).href).then((main) => main.runFromShell(), cannotLoad)
} else {
  const own = findOwnNode(root)
  if (own) runWith(own)
  else {
    const wayOut = isClone
      ? 'the project brings its own, but devDependencies were left out: run `npm ci`'
      : `install it, or run \`npm install node@${NEEDED}\` here`
    process.stderr.write(
      `\u2717 rapid-fire needs Node ${NEEDED} and this is ${process.version}; ${wayOut}\n`,
    )
    process.exitCode = 1
  }
}

function cannotLoad(error) {
  const fact = String(error.message).split('\n')[0]
  const wayOut = isClone ? 'run `npm ci`' : 'install the package again'
  process.stderr.write(`\u2717 rapid-fire cannot be loaded: ${fact}; ${wayOut}\n`)
  process.exitCode = 1
}

/** The Node of the devDependency, in this package's node_modules or in one above it. */
function findOwnNode(from) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', 'node', 'bin', name)
    if (fs.existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) return null
  }
}

/** Runs the same command there; what ends it, a code or a signal, ends this process too. */
function runWith(node) {
  const child = childProcess.spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  // A terminal sends ^C to both processes; the command takes two in quick succession as one.
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`\u2717 ${node} cannot be started: ${error.message}; run \`npm ci\`\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    // What else is open here, such as the channel of a supervisor, must not keep this one alive.
    if (!signal) process.exit(code)
    for (const forwarded of signals) process.removeAllListeners(forwarded)
    process.kill(process.pid, signal)
  })
}
