/** redis-server, found or installed. */
import { type Found, findProgram } from './find-program.ts'

export const findRedis = (): Found =>
  findProgram({
    command: 'redis-server',
    atLeast: 7,
    version: /v=(\d+)/,
    package: 'redis-server',
    need: 'The tests need redis-server 7 or newer on the PATH',
  })
