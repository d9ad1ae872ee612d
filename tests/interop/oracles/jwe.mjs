// Encrypted messages as the libraries ask for them: ECDH-ES on P-256 straight to a key of AES-GCM, by Node's own cryptography.
import { createCipheriv, createDecipheriv, createHash, diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto'

import { privateKey, publicKey, text } from './keys.mjs'

const SIZES = { A128GCM: 16, A256GCM: 32 }
const cipherOf = (enc) => `aes-${SIZES[enc] * 8}-gcm`
const number = (value) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
const field = (data) => Buffer.concat([number(data.length), data])

function contentKey(secret, { enc, apu = '', apv = '' }) {
  const parties = [apu, apv].map((part) => field(Buffer.from(part, 'base64url')))
  const info = Buffer.concat([field(Buffer.from(enc)), ...parties, number(SIZES[enc] * 8)])
  return createHash('sha256').update(number(1)).update(secret).update(info).digest().subarray(0, SIZES[enc])
}

export function encryptJwe({ publicJwk, alg, enc, apu, apv }, data) {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const epk = own.publicKey.export({ format: 'jwk' })
  const header = text(JSON.stringify({ alg, enc, kid: publicJwk.kid, apu, apv, epk }))
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey: publicKey(publicJwk) })
  const iv = randomBytes(12)
  const cipher = createCipheriv(cipherOf(enc), contentKey(secret, { enc, apu, apv }), iv).setAAD(Buffer.from(header))
  const encrypted = Buffer.concat([cipher.update(data), cipher.final()])
  return { jwe: [header, '', ...[iv, encrypted, cipher.getAuthTag()].map(text)].join('.'), encryptionJwk: publicJwk }
}

// Decrypts with `key`, whatever the library thinks of.
export const decrypting = (key) => (jwe) => {
  const [head, , iv, encrypted, tag] = jwe.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url'))
  const secret = diffieHellman({ privateKey: privateKey(key), publicKey: publicKey(header.epk) })
  const decipher = createDecipheriv(cipherOf(header.enc), contentKey(secret, header), Buffer.from(iv, 'base64url'))
  decipher.setAAD(Buffer.from(head)).setAuthTag(Buffer.from(tag, 'base64url'))
  const payload = Buffer.concat([decipher.update(Buffer.from(encrypted, 'base64url')), decipher.final()]).toString()
  const { d, ...decryptionJwk } = key
  return { decrypted: true, payload, decryptionJwk }
}
