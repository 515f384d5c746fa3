import ipaddr from 'ipaddr.js'

/**
 * Which addresses Assay may call on a user's behalf. A name is judged by its spelling only: it is resolved when the
 * request is made, so a name that resolves to a private address at that moment passes this check. Cloudflare's edge
 * cannot reach private networks of others; whoever runs the Worker beside private services should put an egress
 * proxy or firewall before it.
 */

/** Why an address is refused, in words for the person who gave it. */
export class AddressError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AddressError'
  }
}

const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]
const localNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/
const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'metadata.azure.com'])
/** Ports of services that are no web servers; much the list that browsers refuse. */
const refusedPorts = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531,
  532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376,
  3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5900, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 9200,
  11211, 27017,
])

/**
 * The parsed URL when it may be called. With `allowPrivate` (local use) loopback, private and single-label hosts pass;
 * scheme, credentials and ports are checked all the same.
 * Raises AddressError.
 */
export function assertAllowedAddress(address: string, allowPrivate: boolean): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw new AddressError('This is not a URL. Give one as https://host/v1.')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new AddressError(`The scheme ${url.protocol} is not allowed. Use https: or http:.`)
  if (url.username || url.password)
    throw new AddressError('Credentials in a URL are not allowed. Give the key in its own field.')
  const port = url.port ? Number(url.port) : null
  if (port !== null && refusedPorts.has(port)) throw new AddressError(`Port ${port} belongs to another service.`)
  if (!url.hostname) throw new AddressError('The URL has no host.')
  if (!allowPrivate) assertPublicHost(url.hostname)
  return url
}

function assertPublicHost(hostname: string): void {
  // The URL parser has already written 0x7f.1, 2130706433 and 0177.0.0.1 as 127.0.0.1.
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (!ipaddr.isValid(host)) {
    if (localNames.test(host) || metadataNames.has(host)) throw new AddressError(`${host} is a local name.`)
    if (!host.includes('.'))
      throw new AddressError(`${host} has no domain: it would be looked up in a private network.`)
    return
  }
  const address = ipaddr.parse(host)
  const range = address.range()
  // Everything but plain unicast, with the ranges that carry an IPv4 address inside (mapped, 6to4, Teredo, NAT64).
  if (range !== 'unicast') throw new AddressError(`${host} is not a public address (${range}).`)
  // Of IPv6 only 2000::/3 is given out; ::127.0.0.1, an old way to carry an IPv4 address, lies outside.
  if (address instanceof ipaddr.IPv6 && !address.match(globalUnicast))
    throw new AddressError(`${host} is not a public address.`)
}
