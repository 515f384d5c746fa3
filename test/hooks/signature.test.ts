import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { verifyGithub } from '../../src/hooks/github.ts'
import { makeSecret, SecretError, secretBytes, sign, verify } from '../../src/hooks/signature.ts'

const now = Math.floor(Date.now() / 1000)

describe('Standard Webhooks signatures', () => {
  it('are what the standardwebhooks package makes and takes', async () => {
    const secret = makeSecret()
    for (const body of ['', '{}', '{"text":"ü€😀\\n"}', 'x'.repeat(20_000)]) {
      const ours = await sign([secret], 'msg_1', now, body)
      expect(ours).toBe(new Webhook(secret).sign('msg_1', new Date(now * 1000), body))
      expect(await verify([secret], 'msg_1', now, body, ours)).toBe(true)
    }
  })

  it('match the example of the specification', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const header = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    const body = '{"test": 2432232314}'
    expect(await sign([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toBe(header)
    expect(await verify([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body, header)).toBe(true)
  })

  it('fit under any secret and any of several signatures, and no other text', async () => {
    const [old, current] = [makeSecret(), makeSecret()]
    const header = await sign([current, old], 'msg_1', now, 'body')
    expect(header.split(' ')).toHaveLength(2)
    for (const secrets of [[old], [current], [makeSecret(), old]]) {
      expect(await verify(secrets, 'msg_1', now, 'body', header)).toBe(true)
    }
    expect(await verify([makeSecret()], 'msg_1', now, 'body', header)).toBe(false)
    expect(await verify([current], 'msg_2', now, 'body', header)).toBe(false)
    expect(await verify([current], 'msg_1', now + 1, 'body', header)).toBe(false)
    expect(await verify([current], 'msg_1', now, 'body ', header)).toBe(false)
    for (const broken of ['', 'v1,', 'v1,!!!', header.slice(3), header.replaceAll('v1,', 'v1a,')]) {
      expect(await verify([current], 'msg_1', now, 'body', broken)).toBe(false)
    }
  })

  it('need a secret of 24 to 64 bytes', () => {
    expect(secretBytes(makeSecret())).toHaveLength(32)
    for (const secret of [
      '',
      'whsec_',
      'whsec_c2hvcnQ=',
      'whsec_!!!',
      btoa('x'.repeat(32)),
      `whsec_${btoa('x'.repeat(65))}`,
    ]) {
      expect(() => secretBytes(secret), secret).toThrow(SecretError)
    }
  })
})

describe('GitHub’s signature', () => {
  it('matches the example of its documentation', async () => {
    const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    expect(await verifyGithub(["It's a Secret to Everybody"], 'Hello, World!', header)).toBe(true)
    expect(await verifyGithub(['other', "It's a Secret to Everybody"], 'Hello, World!', header)).toBe(true)
    expect(await verifyGithub(["It's a Secret to Everybody"], 'Hello, World', header)).toBe(false)
    expect(await verifyGithub(['other'], 'Hello, World!', header)).toBe(false)
    expect(await verifyGithub(["It's a Secret to Everybody"], 'Hello, World!', undefined)).toBe(false)
    expect(await verifyGithub(["It's a Secret to Everybody"], 'Hello, World!', header.slice(0, -1))).toBe(false)
  })
})
