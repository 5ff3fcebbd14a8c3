/** One call of each script that repairs, and of each kind of damage that it meets. */
import type { Redis } from 'ioredis'
import { recount, repair } from '../../../src/batching/redis/redis-repair.ts'
import type { ScriptName } from '../../../src/batching/redis/scripts.ts'
import type { Subject } from '../../../src/batching/store-examine.ts'
import { ANNA, BORIS, batchId, payloadOf, type Scene } from '../../conformance/store/scene.ts'
import type { Play } from './cases.ts'

const ADOPTION = { idleMs: 1000, ageMs: 60_000, maxSize: 10 }
const CONVERSATION = { kind: 'conversation', conversation: ANNA, entry: null } as const

const mending =
  (subject: Subject, damage: (redis: Redis, scene: Scene) => Promise<unknown>): Play =>
  async ({ scene, redis }) => {
    await damage(redis, scene)
    return (calls) => repair(calls, subject, ADOPTION)
  }

const ofTurn =
  (damage: (redis: Redis, id: string) => Promise<unknown>): Play =>
  async ({ scene, redis }) => {
    const { turn } = await scene.running(ANNA, ['a', 'b'])
    await scene.write(ANNA, ['c'])
    await damage(redis, turn.batchId)
    const subject = { kind: 'batch', batchId: turn.batchId, conversation: ANNA } as const
    return (calls) => repair(calls, subject, ADOPTION)
  }

export const repairCases: readonly (readonly [ScriptName, string, Play])[] = [
  [
    'repair-open',
    'of a list without a deadline',
    mending(CONVERSATION, (redis) => redis.rpush(`rapid-fire:${ANNA}`, payloadOf('a'))),
  ],
  [
    'repair-open',
    'of a batch without its list',
    mending(CONVERSATION, async (redis, scene) => {
      await scene.write(ANNA, ['a'])
      await redis.del(`rapid-fire:${ANNA}`)
    }),
  ],
  [
    'repair-open',
    'of a deadline, a window and a hold',
    mending(CONVERSATION, async (redis, scene) => {
      await scene.write(ANNA, ['a'])
      await redis.hset(`rf:c:${ANNA}`, { due: 'soon', hold: 'long' })
      await redis.del('rf:open')
      await redis.expire(`rapid-fire:${ANNA}`, 60)
    }),
  ],
  [
    'repair-open',
    'of an entry that names another batch',
    mending({ ...CONVERSATION, entry: batchId('old') }, async (redis, scene) => {
      await scene.write(ANNA, ['a'])
      await redis.zadd('rf:open', 1, `${ANNA}|${batchId('old')}`)
    }),
  ],
  [
    'repair-turn',
    'that nobody looks at or points at',
    ofTurn(async (redis, id) => {
      await redis.zrem('rf:turns', id)
      await redis.hdel(`rf:c:${ANNA}`, 'turn')
    }),
  ],
  ['repair-turn', 'whose record is lost', ofTurn((redis, id) => redis.del(`rf:b:${id}`))],
  [
    'repair-turn',
    'whose record is damaged',
    ofTurn((redis, id) => redis.hdel(`rf:b:${id}`, 'size')),
  ],
  ['repair-turn', 'whose messages are gone', ofTurn((redis, id) => redis.del(`rf:m:${id}`))],
  ['repair-turn', 'that counts wrongly', ofTurn((redis, id) => redis.lpop(`rf:m:${id}`))],
  [
    'repair-turn',
    'of a conversation that points at nothing',
    ofTurn(async (redis, id) => {
      await redis.del(`rf:b:${id}`, `rf:m:${id}`)
      await redis.zrem('rf:turns', id)
    }),
  ],
  [
    'repair-turn',
    'that failed and is in no list',
    async ({ scene, redis }) => {
      const { batchId: id } = await scene.failed(ANNA, ['a'])
      await redis.del('rf:failed')
      const subject = { kind: 'batch', batchId: id, conversation: ANNA } as const
      return (calls) => repair(calls, subject, ADOPTION)
    },
  ],
  [
    'repair-alias',
    'that leads in a circle',
    mending({ kind: 'alias', conversation: ANNA }, async (redis) => {
      await redis.set(`rf:a:${ANNA}`, BORIS)
      await redis.set(`rf:a:${BORIS}`, ANNA)
    }),
  ],
  [
    'recount',
    'of counts that are wrong',
    async ({ scene, redis }) => {
      await scene.write(ANNA, ['a'])
      await scene.failed(BORIS, ['b'])
      await redis.hset('rf:n', 'open', 7)
      return (calls) => recount(calls, 'mend')
    },
  ],
]
