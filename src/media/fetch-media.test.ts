import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { calm } from '../../test/support/ai-scene.ts'
import { GuardedFetcher, type GuardedFetcherOptions } from './fetch-media.ts'

const HOST = 'files.example'
/** Routed nowhere, and of the public range all the same. */
const PUBLIC = '2c0f:ffff::1'

/** Answers each question with the next of these, and the last one from then on. */
function resolverOf(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = (answers[Math.min(asked.length, answers.length - 1)] ?? []).map(
      (address) => ({ address, family: address.includes(':') ? 6 : 4 }),
    )
    asked.push(hostname)
    const [first = { address: '', family: 4 }] = addresses
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
  return { lookup, asked }
}

describe('fetching a file', () => {
  let server: Server
  let port: number
  let calls: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[]
  let answer: RequestListener
  const fetchers: GuardedFetcher[] = []

  beforeEach(async () => {
    calls = []
    answer = (_, response) => response.end('a file')
    server = createServer((request, response) => {
      calls.push({ url: request.url, headers: request.headers })
      answer(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterEach(async () => {
    for (const fetcher of fetchers.splice(0)) await fetcher[Symbol.asyncDispose]()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  function fetcherWith(given: Partial<GuardedFetcherOptions> = {}): GuardedFetcher {
    const fetcher = new GuardedFetcher({
      allowedHosts: [],
      maxBytes: 1000,
      timeoutMs: 20_000,
      ...given,
    })
    fetchers.push(fetcher)
    return fetcher
  }
  /** Of the server that the tests may reach, as an operator's bridge. */
  const bridge = (given: Partial<GuardedFetcherOptions> = {}) =>
    fetcherWith({ allowedHosts: [`127.0.0.1:${port}`], ...given })
  const at = (path: string) => `http://127.0.0.1:${port}${path}`
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const refusal = { name: 'RapidFireError', code: 'media_failed' }

  it('gives the bytes of a host that is listed, without anything that tells who we are', async () => {
    assert.equal(text(await bridge().fetch(at('/f?id=1'), calm())), 'a file')
    assert.equal(calls[0]?.url, '/f?id=1')
    const names = Object.keys(calls[0]?.headers ?? {})
    for (const name of ['authorization', 'cookie', 'x-api-key', 'referer', 'origin']) {
      assert.ok(!names.includes(name), name)
    }
  })

  it('takes a host as listed with its port or without, and no other port of it', async () => {
    const { lookup } = resolverOf(['127.0.0.1'])
    for (const allowedHosts of [[HOST], [`${HOST}:${port}`], [HOST.toUpperCase()]]) {
      const bytes = await fetcherWith({ allowedHosts, lookup }).fetch(
        `http://${HOST}:${port}/`,
        calm(),
      )
      assert.equal(text(bytes), 'a file')
    }
    const other = fetcherWith({ allowedHosts: [`${HOST}:1`, 'http'], lookup })
    await assert.rejects(other.fetch(`http://${HOST}:${port}/`, calm()), refusal)
    assert.equal(calls.length, 3)
  })

  const hostile = [
    'file:///etc/passwd',
    'gopher://example.com/',
    'ftp://example.com/a',
    'data:text/plain,hi',
    'javascript:alert(1)',
    'not an address',
    '',
    'http://127.0.0.1:6379/',
    'http://127.0.0.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://0/',
    'http://0:PORT/',
    'http://2130706433/',
    'http://2130706433:PORT/',
    'http://0177.0.0.1/',
    'http://0x7f.1:PORT/',
    'http://127.1:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://192.0.0.192/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://user:password@example.com/',
    'http://token@example.com/',
    'http://93.184.215.14:6379/',
    'http://93.184.215.14:22/',
    'http://93.184.215.14:25/',
  ]
  for (const url of hostile) {
    it(`refuses ${url || 'no address'} and connects to nobody`, async () => {
      const { lookup, asked } = resolverOf(['127.0.0.1'])
      const given = url.replace('PORT', String(port))
      await assert.rejects(fetcherWith({ lookup }).fetch(given, calm()), {
        ...refusal,
        message: /^files are not fetched from|^a file is fetched by|bears a password$|is none$/,
      })
      assert.deepEqual([calls, asked], [[], []])
    })
  }

  const named: readonly [what: string, ...addresses: string[]][] = [
    ['this machine', '127.0.0.1'],
    ['this machine by v6', '::1'],
    ['this machine, written as v6', '::ffff:127.0.0.1'],
    ['a cloud’s metadata', '169.254.169.254'],
    ['a private network', '10.1.2.3'],
    ['a public address and this machine', PUBLIC, '127.0.0.1'],
    ['nothing'],
  ]
  for (const [what, ...addresses] of named) {
    it(`refuses a name that leads to ${what}, at connect`, async () => {
      const { lookup, asked } = resolverOf(addresses)
      const fetcher = fetcherWith({ lookup })
      await assert.rejects(fetcher.fetch(`http://metadata.google.internal:${port}/`, calm()), {
        ...refusal,
        message: /metadata\.google\.internal, which is not of the public web.*MEDIA_HOSTS/,
      })
      assert.deepEqual(asked, ['metadata.google.internal'])
      assert.equal(calls.length, 0)
    })
  }

  it('connects to the address that it has checked, though the name has another one by then', async () => {
    const controller = new AbortController()
    const { lookup, asked } = resolverOf([PUBLIC], ['127.0.0.1'])
    const fetcher = fetcherWith({
      lookup: (hostname, options, callback) => {
        lookup(hostname, options, callback)
        // Nobody is there; what counts is that nobody else is asked.
        setImmediate(() => controller.abort())
      },
    })
    await assert.rejects(fetcher.fetch(`http://${HOST}:${port}/`, controller.signal))
    assert.deepEqual(asked, [HOST])
    await assert.rejects(fetcher.fetch(`http://${HOST}:${port}/`, calm()), refusal)
    assert.equal(calls.length, 0)
  })

  it('checks each fetch, also of a host that was connected to before', async () => {
    const { lookup, asked } = resolverOf(['127.0.0.1'])
    const fetcher = fetcherWith({ lookup, allowedHosts: [HOST] })
    await fetcher.fetch(`http://${HOST}:${port}/`, calm())
    await fetcher.fetch(`http://${HOST}:${port}/`, calm())
    assert.equal(asked.length, 2)
    // None is kept open for the next.
    assert.equal(calls[0]?.headers.connection, 'close')
  })

  it('follows no redirect, wherever it leads', async () => {
    for (const location of [at('/inside'), 'http://169.254.169.254/', '/inside']) {
      answer = (_, response) => response.writeHead(302, { location }).end()
      await assert.rejects(bridge().fetch(at('/'), calm()), refusal)
    }
    assert.deepEqual(
      calls.map(({ url }) => url),
      ['/', '/', '/'],
    )
  })

  it('stops at the limit, whatever the file says of its length', async () => {
    const closed = Promise.withResolvers<void>()
    answer = (_, response) => {
      response.on('close', closed.resolve)
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(500)));
      }
      response.on('drain', pour)
      pour()
    }
    await assert.rejects(bridge().fetch(at('/endless'), calm()), {
      ...refusal,
      message: /is longer than 1000 bytes: raise MEDIA_MAX_BYTES/,
    })
    await closed.promise
  })

  it('gives a file of just the limit, and lowers the limit for a caller who asks', async () => {
    answer = (_, response) => response.end('x'.repeat(1000))
    assert.equal((await bridge().fetch(at('/'), calm())).byteLength, 1000)
    assert.equal((await bridge().fetch(at('/'), calm(), 5000)).byteLength, 1000)
    await assert.rejects(bridge().fetch(at('/'), calm(), 999), refusal)
    answer = (_, response) => response.end('x'.repeat(1001))
    await assert.rejects(bridge().fetch(at('/'), calm(), 5000), refusal)
  })

  it('ends with the reason of its signal', async () => {
    answer = () => {}
    const controller = new AbortController()
    const reason = new Error('the turn is over')
    server.once('request', () => controller.abort(reason))
    await assert.rejects(bridge().fetch(at('/'), controller.signal), (error) => error === reason)
    await assert.rejects(bridge().fetch(at('/'), controller.signal), (error) => error === reason)
  })

  it('ends at its own deadline, also in the middle of a file', async () => {
    answer = (_, response) => response.write('x')
    await assert.rejects(bridge({ timeoutMs: 50 }).fetch(at('/'), calm()), {
      ...refusal,
      message: `the file at 127.0.0.1:${port} could not be fetched: no end within 50 ms`,
    })
  })

  it('fails for a host that answers no, cuts, or is not there, and tells no path', async () => {
    const failures: readonly [RequestListener, RegExp][] = [
      [(_, response) => response.writeHead(404).end(), /answered 404 for a file/],
      [(_, response) => response.destroy(), /could not be fetched/],
      [
        (_, response) => {
          response.writeHead(200, { 'content-length': '900' })
          response.write('x', () => response.destroy())
        },
        /could not be fetched/,
      ],
    ]
    for (const [listener, message] of failures) {
      answer = listener
      const failure: Error = await bridge()
        .fetch(at('/bot-token-of-somebody'), calm())
        .then(
          () => assert.fail('fetched'),
          (error) => error,
        )
      assert.match(failure.message, message)
      assert.doesNotMatch(`${failure.stack}`, /bot-token/)
    }
    const fetcher = fetcherWith({ allowedHosts: ['127.0.0.1:1'] })
    await assert.rejects(fetcher.fetch('http://127.0.0.1:1/', calm()), refusal)
  })
})
