import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPublicAddress, isWebPort } from './public-address.ts'

describe('an address', () => {
  for (const address of ['93.184.215.14', '8.8.8.8', '168.63.129.15', '2606:4700::6810:84e5']) {
    it(`${address} is public`, () => assert.ok(isPublicAddress(address)))
  }

  const others: readonly [address: string, what: string][] = [
    ['127.0.0.1', 'this machine'],
    ['0.0.0.0', 'this machine'],
    ['::1', 'this machine'],
    ['::', 'this machine'],
    ['::ffff:127.0.0.1', 'this machine within v6'],
    ['::ffff:93.184.215.14', 'an address within v6'],
    ['::127.0.0.1', 'this machine in an old form'],
    ['::7f00:1', 'this machine in an old form'],
    ['64:ff9b::7f00:1', 'this machine by NAT64'],
    ['64:ff9b:1::7f00:1', 'this machine by a NAT64 of one’s own'],
    ['2002:7f00:1::', 'this machine by 6to4'],
    ['2001:0:7f00:1::', 'this machine by Teredo'],
    ['10.0.0.1', 'a private network'],
    ['172.31.255.255', 'a private network'],
    ['192.168.0.1', 'a private network'],
    ['fc00::1', 'a private network'],
    ['fec0::1', 'a site'],
    ['100.64.0.1', 'a carrier’s network'],
    ['169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['fe80::1', 'a link'],
    ['224.0.0.1', 'many'],
    ['ff02::1', 'many'],
    ['255.255.255.255', 'all'],
    ['240.0.0.1', 'nobody'],
    ['192.0.2.1', 'documents'],
    ['198.18.0.1', 'benches'],
    ['2001:db8::1', 'documents'],
    ['100::1', 'nobody'],
    ['4000::1', 'nobody yet'],
    ['files.example', 'a name'],
    ['', 'nothing'],
  ]
  for (const [address, what] of others) {
    it(`${address} is not: ${what}`, () => assert.ok(!isPublicAddress(address)))
  }
})

describe('a port of the web', () => {
  for (const port of [80, 443, 3001, 8080, 8443]) {
    it(`is ${port}`, () => assert.ok(isWebPort(port)))
  }
  for (const port of [0, 21, 22, 25, 445, 1023, 3306, 5432, 6379, 11211, 27017]) {
    it(`is not ${port}`, () => assert.ok(!isWebPort(port)))
  }
})
