/**
 * The program's text, and what the engine made of it when the program was built. Compiling the text again, function by
 * function as they are called, is a fifth of what a small dump takes the processor.
 *
 * The engine takes the code back only where its version and its flags are the same; elsewhere it compiles the text as
 * it always does. Whether it is the code of this text, and whole, is for us to look at.
 *
 * @internal
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import * as Zlib from "node:zlib"

const codeOf = (file: string): string => `${file}.code`

/** Bytes before the code, which say what it is of. */
const sealLength = 8

const sealOf = (text: Uint8Array, code: Uint8Array): Buffer => {
  const seal = Buffer.alloc(sealLength)
  seal.writeUInt32LE(Zlib.crc32(text), 0)
  seal.writeUInt32LE(Zlib.crc32(code), 4)
  return seal
}

const scriptOf = (file: string, text: Buffer, code: Buffer | undefined): Vm.Script =>
  new Vm.Script(`(function (exports, require, module, __filename, __dirname) {${text.toString("utf8")}\n})`, {
    filename: file,
    ...(code === undefined ? {} : { cachedData: code })
  })

const read = (file: string, text: Buffer): Buffer | undefined => {
  if (!Fs.existsSync(codeOf(file))) return undefined
  const sealed = Fs.readFileSync(codeOf(file))
  const code = sealed.subarray(sealLength)
  return sealOf(text, code).equals(sealed.subarray(0, sealLength)) ? code : undefined
}

/**
 * Writes the code of a module of the older kind beside it. Of all its functions, because nobody knows which will be
 * called.
 *
 * @internal
 */
export const write = (file: string): void => {
  const text = Fs.readFileSync(file)
  V8.setFlagsFromString("--no-lazy")
  const script = scriptOf(file, text, undefined)
  V8.setFlagsFromString("--lazy")
  const code = script.createCachedData()
  Fs.writeFileSync(codeOf(file), Buffer.concat([sealOf(text, code), code]))
}

/**
 * Runs a module of the older kind. Says whether there was code that could be used.
 *
 * @internal
 */
export const run = (file: string, require: NodeJS.Require): boolean => {
  const text = Fs.readFileSync(file)
  const script = scriptOf(file, text, read(file, text))
  const define: unknown = script.runInThisContext()
  const module = { exports: {} }
  if (typeof define === "function") {
    Reflect.apply(define, module.exports, [module.exports, require, module, file, Path.dirname(file)])
  }
  return script.cachedDataRejected === false
}
