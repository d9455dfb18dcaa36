/**
 * Certificates of a CA of our own, made for a test and gone with it. Node signs and checks, but makes none, and not
 * every machine has a program for it; what a certificate consists of is short enough to be written down here.
 * https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"
import * as Net from "node:net"

/** A key and the certificate for it, in PEM. */
export interface Pair {
  readonly certificate: string
  readonly key: string
}

/** Someone who signs. */
export interface Authority extends Pair {
  readonly name: string
}

const length = (count: number): ReadonlyArray<number> =>
  count < 0x80 ? [count] : count < 0x100 ? [0x81, count] : [0x82, count >> 8, count & 0xff]

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Uint8Array.from([tag, ...length(content.length)]), content])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const text = (tag: number, value: string) => der(tag, Buffer.from(value, "ascii"))

const commonName = der(0x06, bytes(0x55, 0x04, 0x03))
const basicConstraints = der(0x06, bytes(0x55, 0x1d, 0x13))
const alternativeNames = der(0x06, bytes(0x55, 0x1d, 0x11))
const ecdsaWithSha256 = sequence(der(0x06, bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)))

const name = (value: string) => sequence(der(0x31, sequence(commonName, text(0x0c, value))))

/** As YYYYMMDDHHMMSSZ. */
const time = (at: Date) => text(0x18, `${at.toISOString().replaceAll(/[-:T]|\..*/g, "")}Z`)

const critical = der(0x01, bytes(0xff))
const isAuthority = (yes: boolean) => der(0x04, yes ? sequence(der(0x01, bytes(0xff))) : sequence())

const alternative = (host: string) => {
  if (Net.isIPv4(host)) return der(0x87, Uint8Array.from(host.split(".").map(Number)))
  return text(0x82, host)
}

const pem = (label: string, content: Uint8Array) => {
  const lines = Buffer.from(content).toString("base64").match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n")
}

const day = 24 * 60 * 60 * 1000

interface Wanted {
  readonly subject: string
  readonly hosts: ReadonlyArray<string>
  /** In days from today. */
  readonly from: number
  readonly to: number
  readonly signs: boolean
}

const make = (wanted: Wanted, issuer: (own: KeyObject) => { readonly name: string; readonly key: KeyObject }): Pair => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const by = issuer(privateKey)
  const now = Date.now()
  const serial = Uint8Array.from([1, ...randomBytes(8)])
  const content = sequence(
    der(0xa0, der(0x02, bytes(2))), // version 3
    der(0x02, serial),
    ecdsaWithSha256,
    name(by.name),
    sequence(time(new Date(now + wanted.from * day)), time(new Date(now + wanted.to * day))),
    name(wanted.subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(
      0xa3,
      sequence(
        sequence(basicConstraints, critical, isAuthority(wanted.signs)),
        ...(wanted.hosts.length === 0
          ? []
          : [sequence(alternativeNames, der(0x04, sequence(...wanted.hosts.map(alternative))))])
      )
    )
  )
  const signature = sign("sha256", content, by.key)
  return {
    certificate: pem("CERTIFICATE", sequence(content, ecdsaWithSha256, der(0x03, bytes(0), signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  }
}

/** A new CA. */
export const authority = (name: string): Authority => ({
  name,
  ...make({ subject: name, hosts: [], from: -30, to: 30, signs: true }, (key) => ({ name, key }))
})

/** A certificate for some hosts, by name or address. It holds from and to so many days from today. */
export const issue = (
  by: Authority,
  hosts: ReadonlyArray<string>,
  { from = -1, to = 7 }: { readonly from?: number; readonly to?: number } = {}
): Pair =>
  make({ subject: hosts[0] ?? "nobody", hosts, from, to, signs: false }, () => ({
    name: by.name,
    key: createPrivateKey(by.key)
  }))
