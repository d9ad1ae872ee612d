// Node's own cryptography in the shapes that the libraries ask for. What is read from keys and certificates is kept, so that
// nobody's time is spent on it twice.
import { createHash, createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto'

const RAW = 'ieee-p1363' // r and s, 32 bytes each

export function kept(make) {
  const known = new Map()
  return (name) => {
    if (!known.has(name)) known.set(name, make(name))
    return known.get(name)
  }
}

const privateKeyOf = kept((text) => createPrivateKey({ key: JSON.parse(text), format: 'jwk' }))
const publicKeyOf = kept((text) => createPublicKey({ key: JSON.parse(text), format: 'jwk' }))
const certificateOf = kept((text) => new X509Certificate(Buffer.from(text, 'base64url')))

const plain = ({ x, y, d }) => JSON.stringify({ kty: 'EC', crv: 'P-256', x, y, ...(d ? { d } : {}) })

export const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64url'))
export const text = (data) => Buffer.from(data).toString('base64url')
export const privateKey = (jwk) => privateKeyOf(plain(jwk))
export const publicKey = ({ x, y }) => publicKeyOf(plain({ x, y }))
export const certificate = (der) => certificateOf(text(der))
export const hash = (name, data) => new Uint8Array(createHash(name.replace('-', '').toLowerCase()).update(data).digest())
export const signed = (jwk, data) => new Uint8Array(sign('sha256', data, { key: privateKey(jwk), dsaEncoding: RAW }))
export const holds = (jwk, data, signature) => verify('sha256', data, { key: publicKey(jwk), dsaEncoding: RAW }, signature)
export const keyOf = (der) => certificate(der).publicKey.export({ format: 'jwk' })
