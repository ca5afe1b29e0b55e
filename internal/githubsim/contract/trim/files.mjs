// Reads the published packages and the lists beside this file; writes ../data.
import fs from 'node:fs'
import zlib from 'node:zlib'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export const text = (name) => fs.readFileSync(require.resolve(name), 'utf8')
export const json = (name) => JSON.parse(text(name))

// lines returns a list's lines without comments.
export const lines = (name) => text('./' + name).split('\n').map((l) => l.replace(/(^|\s)#.*/, '').trim()).filter(Boolean)

// write compresses text; folder is seen from the one above. Byte 9 of the header names the operating system: it is
// blanked, so that the same input makes the same file everywhere.
export function write(name, content, folder = 'data') {
  const packed = zlib.gzipSync(content, { level: 9 })
  packed[9] = 255
  fs.writeFileSync(new URL(`../${folder}/${name}.gz`, import.meta.url), packed)
}
