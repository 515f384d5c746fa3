import { describe, expect, test } from 'vitest'
import { assertAllowedAddress } from '../../src/model/address.ts'

describe('addresses that Assay calls for others', () => {
  test.each([
    'https://api.openai.com/v1',
    'http://model.example.org:8000/v1',
    'https://8.8.8.8/v1',
    'https://[2606:4700::1111]/v1',
    'https://xn--bcher-kva.example/',
  ])('%s may be called', (url) => {
    expect(assertAllowedAddress(url, false).href).toBe(new URL(url).href)
  })

  test.each([
    ['metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['metadata by name', 'http://metadata.google.internal/computeMetadata/v1'],
    ['loopback', 'http://127.0.0.1:8000/v1'],
    ['loopback, short', 'http://127.1/v1'],
    ['loopback in hex', 'http://0x7f.1/'],
    ['loopback as one number', 'http://2130706433/'],
    ['loopback in octal', 'http://0177.0.0.1/'],
    ['loopback by name', 'http://localhost:8000/v1'],
    ['loopback by name, with a root dot', 'http://localhost./v1'],
    ['loopback by a name below', 'http://a.localhost/v1'],
    ['full-width digits', 'http://１２７.０.０.１/'],
    ['loopback v6', 'http://[::1]/'],
    ['this network', 'http://0.0.0.0/'],
    ['unspecified v6', 'http://[::]/'],
    ['private 10', 'http://10.1.2.3/'],
    ['private 172', 'http://172.16.0.1/'],
    ['private 192', 'http://192.168.1.1/'],
    ['carrier-grade NAT', 'http://100.64.0.1/'],
    ['broadcast', 'http://255.255.255.255/'],
    ['multicast', 'http://224.0.0.1/'],
    ['unique local v6', 'http://[fd00::1]/'],
    ['link local v6', 'http://[fe80::1]/'],
    ['IPv4-mapped', 'http://[::ffff:10.0.0.1]/'],
    ['IPv4-mapped in hex', 'http://[::ffff:a9fe:a9fe]/'],
    ['IPv4-compatible', 'http://[::127.0.0.1]/'],
    ['IPv4-compatible in hex', 'http://[::a9fe:a9fe]/'],
    ['IPv4-translated', 'http://[::ffff:0:10.0.0.1]/'],
    ['IPv6 that nobody was given', 'http://[4000::1]/'],
    ['site local v6', 'http://[fec0::1]/'],
    ['benchmarking', 'http://198.18.0.1/'],
    ['ideographic full stops', 'http://127。0。0。1/'],
    ['backslashes', 'http:\\\\10.0.0.1\\v1'],
    ['a user that looks like a host', 'http://api.example.com@10.0.0.1/'],
    ['6to4', 'http://[2002:a00:1::1]/'],
    ['Teredo', 'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/'],
    ['NAT64', 'http://[64:ff9b::a00:1]/'],
    ['documentation', 'http://192.0.2.1/'],
    ['a single label', 'http://gpu-box/v1'],
    ['an internal name', 'http://gpu.corp/v1'],
    ['credentials', 'https://user:pass@api.example.com/'],
    ['a user alone', 'https://user@api.example.com/'],
    ['file', 'file:///etc/passwd'],
    ['ftp', 'ftp://example.com/'],
    ['gopher', 'gopher://example.com/'],
    ['ssh port', 'http://example.com:22/'],
    ['mail port', 'http://example.com:25/'],
    ['database port', 'http://example.com:5432/'],
    ['no URL', 'example.com/v1'],
    ['nothing', ''],
  ])('%s is refused: %s', (_why, url) => {
    expect(() => assertAllowedAddress(url, false)).toThrow()
  })

  test('local use allows private hosts, and nothing else of it', () => {
    for (const url of ['http://127.0.0.1:8000/v1', 'http://localhost:11434', 'http://10.0.0.1/', 'http://gpu-box/'])
      expect(() => assertAllowedAddress(url, true)).not.toThrow()
    for (const url of ['file:///x', 'http://a:b@127.0.0.1/', 'http://127.0.0.1:22/', 'x'])
      expect(() => assertAllowedAddress(url, true)).toThrow()
  })
})
