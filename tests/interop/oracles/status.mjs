// @sd-jwt/jwt-status-list: packing, unpacking, tokens.
import { createHeaderAndPayload, getListFromStatusListJWT, StatusList } from '@sd-jwt/jwt-status-list'

import { signed, text } from './keys.mjs'

export const pack = ({ values, bits }) => new StatusList(values, bits).compressStatusList()
export const unpack = ({ lst, bits }) => StatusList.decompressStatusList(lst, bits).statusList

export function seen({ token, indices }) {
  const list = getListFromStatusListJWT(token)
  const set = list.statusList.filter((value) => value !== 0).length
  return { size: list.statusList.length, seen: indices.map((index) => list.getStatus(index)), set }
}

export function issue({ values, bits, claims, header, key }) {
  const made = createHeaderAndPayload(new StatusList(values, bits), claims, { alg: 'ES256', ...header })
  const signing = [made.header, made.payload].map((part) => text(JSON.stringify(part))).join('.')
  return `${signing}.${text(signed(key, Buffer.from(signing)))}`
}
