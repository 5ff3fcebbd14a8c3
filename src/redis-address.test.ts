import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addressOf, databaseOf, placeOf, readAddress, withoutPasswords } from './redis-address.ts'

const NOTHING = {
  ...{ username: null, password: null, primary: null, sentinelPassword: null, family: null },
}

describe('the URL of a Redis', () => {
  it('names a server, its database, user and password', () => {
    assert.deepEqual(addressOf({ url: 'redis://127.0.0.1:6380/3' }), {
      ...NOTHING,
      ...{ kind: 'server', isTls: false, database: 3 },
      nodes: [{ host: '127.0.0.1', port: 6380 }],
    })
    const { username, password, isTls, nodes } = addressOf({ url: 'rediss://anna:p%40ss:1@redis' })
    assert.deepEqual([username, password, isTls], ['anna', 'p@ss:1', true])
    assert.deepEqual(nodes, [{ host: 'redis', port: 6379 }])
    assert.equal(addressOf({ url: 'redis://:geheim@redis' }).password, 'geheim')
    assert.deepEqual(addressOf({ url: 'redis://[::1]:7000' }).nodes, [{ host: '::1', port: 7000 }])
  })

  it('names Sentinels and the primary that they know', () => {
    const url = 'redis+sentinel://anna:word@s1,s2:26380/main/2?sentinelPassword=other'
    assert.deepEqual(addressOf({ url }), {
      ...NOTHING,
      ...{ kind: 'sentinel', isTls: false, database: 2, primary: 'main' },
      ...{ username: 'anna', password: 'word', sentinelPassword: 'other' },
      nodes: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
    })
  })

  it('names some nodes of a Cluster', () => {
    const { kind, nodes, isTls } = addressOf({ url: 'rediss+cluster://n1:7001,n2' })
    assert.deepEqual([kind, isTls], ['cluster', true])
    assert.deepEqual(nodes, [
      { host: 'n1', port: 7001 },
      { host: 'n2', port: 6379 },
    ])
  })

  it('takes a password from elsewhere where it has none of its own', () => {
    assert.equal(addressOf({ url: 'redis://r', password: 'p' }).password, 'p')
    assert.equal(addressOf({ url: 'redis://:own@r', password: 'p' }).password, 'own')
    assert.equal(addressOf({ url: 'redis://r?password=q', password: 'p' }).password, 'q')
    assert.equal(addressOf({ url: 'redis://r/1?family=0' }).family, 0)
  })

  for (const url of [
    ...['http://redis:6379', 'redis://', 'redis://a,b', 'redis://a:0', 'redis://a:70000'],
    ...['redis://a/x', 'redis://a/1/2', 'redis+sentinel://a', 'redis+sentinel://a/', 'redis://a b'],
    ...['redis+cluster://a/1', 'redis+cluster://a,', 'redis+cluster://a,:1', 'redis://a?x=1'],
    ...[
      'redis://a?sentinelPassword=p',
      'redis://a?family=5',
      'redis+other://a',
      'redis://a/-1',
      '',
    ],
  ]) {
    it(`is not ${url === '' ? 'nothing' : url}`, () => {
      assert.equal(readAddress({ url }), null)
    })
  }

  it('is read as it was written, whatever user and password have in them', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.integer({ min: 1, max: 65_535 }),
        fc.integer({ min: 0, max: 99 }),
        (user, password, port, database) => {
          const said = [user, password].map(encodeURIComponent).join(':')
          const address = addressOf({ url: `redis://${said}@host:${port}/${database}` })
          assert.deepEqual(
            [address.username, address.password, address.nodes[0].port, address.database],
            [user, password, port, database],
          )
        },
      ),
    )
  })

  it('is shown to people without user and password', () => {
    const place = (url: string): string => placeOf({ url })
    assert.equal(place('redis://anna:geheim@r:6380/2'), 'redis r:6380/2')
    assert.equal(place('redis://[::1]'), 'redis [::1]:6379/0')
    assert.equal(place('redis+cluster://anna:geheim@a,b:1,c'), 'redis cluster a:6379 and 2 more')
    assert.equal(
      place('redis+sentinel://:geheim@a,b/main/1?sentinelPassword=geheim'),
      'redis main/1 by sentinel a:26379 and 1 more',
    )
    assert.equal(databaseOf({ url: 'redis://r/7' }), 7)
    assert.equal(withoutPasswords('redis://anna:geheim@r:1/2'), 'redis://anna:***@r:1/2')
    assert.equal(withoutPasswords('redis+cluster://:geheim@a:1,b'), 'redis+cluster://:***@a:1,b')
    assert.equal(
      withoutPasswords('redis+sentinel://a,b/main?sentinelPassword=geheim'),
      'redis+sentinel://a,b/main?sentinelPassword=***',
    )
    assert.equal(
      withoutPasswords('redis://r?password=geheim&family=6'),
      'redis://r?password=***&family=6',
    )
    assert.equal(withoutPasswords('redis://a:1'), 'redis://a:1')
    assert.equal(withoutPasswords('redis://:geheim'), null)
  })
})
