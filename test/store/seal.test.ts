import { describe, expect, it } from 'vitest'
import { openSecret, SealError, sealSecret } from '../../src/store/seal.ts'

const env = { ENCRYPTION_KEY: btoa('k'.repeat(32)) }

describe('a sealed secret', () => {
  it('opens to what was sealed, and is sealed otherwise each time', async () => {
    for (const text of ['', 'key', 'ü€😀'.repeat(1000)])
      expect(await openSecret(env, await sealSecret(env, text))).toBe(text)
    expect(await sealSecret(env, 'key')).not.toBe(await sealSecret(env, 'key'))
    expect(atob(await sealSecret(env, 'a-long-enough-secret'))).not.toContain('secret')
  })

  it('opens with no other key, and not when a bit was changed', async () => {
    const sealed = await sealSecret(env, 'key')
    await expect(openSecret({ ENCRYPTION_KEY: btoa('x'.repeat(32)) }, sealed)).rejects.toThrow(SealError)
    for (const place of [0, 13, atob(sealed).length - 1]) {
      const bytes = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0))
      bytes[place] = (bytes[place] ?? 0) ^ 1
      await expect(openSecret(env, btoa(String.fromCharCode(...bytes)))).rejects.toThrow(SealError)
    }
  })

  it.each([undefined, '', 'not base64!', btoa('short'), btoa('x'.repeat(33))])(
    'says how to set the key where it is %j',
    async (ENCRYPTION_KEY) => {
      await expect(sealSecret({ ENCRYPTION_KEY } as { ENCRYPTION_KEY?: string }, 'key')).rejects.toThrow(/openssl rand/)
    },
  )
})
