/** Loaded before a process of the service: notes which modules of traces it loads. */
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const loaded = new Set<string>()
registerHooks({
  load(url, context, next) {
    if (/opentelemetry|\/observability\/traces\//.test(url)) loaded.add(url)
    return next(url, context)
  },
})
process.on('exit', () => {
  const { LOADED } = process.env
  if (LOADED) writeFileSync(LOADED, [...loaded].join('\n'))
})
