/**
 * Which addresses a person's file may be fetched from: those of the public internet. Everything else
 * leads into somebody's network: ours, the host's, or a cloud's metadata. Pure.
 */
import ipaddr from 'ipaddr.js'

/** Azure's own services answer there, on an address that looks public. */
const AZURE = '168.63.129.16'

export function isPublicAddress(given: string): boolean {
  if (!ipaddr.isValid(given)) return false
  const address = ipaddr.parse(given)
  if (address.range() !== 'unicast') return false
  if (address.kind() === 'ipv4') return address.toString() !== AZURE
  // All that is routed begins so; the forms of v4 within v6 do not.
  return address.match(ipaddr.parseCIDR('2000::/3'))
}

/** Ports of the web, and those above 1023 but for these: what listens there is a store or a daemon. */
const FOREIGN_PORTS = new Set([
  1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6000,
  6379, 6380, 6443, 8086, 8500, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 26379, 27017, 50000,
])

export function isWebPort(port: number): boolean {
  return port === 80 || port === 443 || (port > 1023 && !FOREIGN_PORTS.has(port))
}
