// A guarded application: node guarded_backend.mjs SOCKET. For the path as it arrived it answers, one a line, the handlers
// that some server or other would choose: servers read dots, encodings, parameters and letters' case in many ways.
import { createServer } from 'node:http'

const handlerOf = (path) => path.toLowerCase().match(/^\/(statistics|assets)(?:\/|$)/)?.[1] ?? 'reports'

const decoded = (path) => {
  try { return decodeURIComponent(path) } catch { return path }
}
const resolved = (path) => {
  const parts = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return '/' + parts.join('/')
}
const readings = [
  (path) => path, // Express
  decoded,
  (path) => decoded(decoded(path)),
  (path) => path.replace(/;[^/]*/g, ''), // servlets
  (path) => decoded(path).replace(/;[^/]*/g, ''),
  (path) => decoded(path).replaceAll('\\', '/'),
  (path) => path.split('#')[0],
  (path) => path.startsWith('//') ? path.replace(/^\/\/[^/]*/, '') || '/' : path, // a network-path reference (RFC 3986)
  (path) => path.replace(/%c0%ae/gi, '.').replace(/%c0%af/gi, '/'), // overlong UTF-8
  (path) => [...path].filter((c) => c > ' ').join(''),
]

createServer((request, response) => {
  const path = request.url.split('?')[0]
  const read = readings.map((reading) => reading(path))
  const handlers = new Set([...read, ...read.map(resolved)].map(handlerOf))
  response.setHeader('Content-Type', 'text/plain')
  response.end([...handlers].sort().join('\n'))
}).listen(process.argv[2])
