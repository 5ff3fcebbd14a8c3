/** Prometheus with promtool beside it, found or installed. */
import { type Found, findProgram } from './find-program.ts'

export const findPrometheus = (): Found =>
  findProgram({
    command: 'prometheus',
    atLeast: 2,
    version: /version (\d+)/,
    package: 'prometheus',
    need: 'This needs prometheus 2 or newer on the PATH, with promtool',
  })
