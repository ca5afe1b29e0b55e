// Which permission of an App a call and an event need.
import { json, lines } from './files.mjs'

const bare = (operation) => operation.replace(/\{[^}]+\}/g, '{}')
const pairs = (name) => lines(name).map((l) => l.match(/^(\S+(?: \/\S*)?)\s+(.+)$/)).map(([, key, list]) => [key, list === '-' ? [] : list.split(/\s+/)])

// needs returns a function from an operation to the permissions of which one is
// needed. permissions.txt wins over the published list, which is of 2020.
export function needs() {
  const found = {}
  for (const [name, levels] of Object.entries(json('@octokit/app-permissions/generated/api.github.com.json').permissions)) {
    if (name === 'single_file') continue
    for (const level of ['read', 'write', 'admin']) for (const operation of levels[level] || []) (found[bare(operation)] ||= new Set()).add(name + ':' + level)
  }
  for (const [operation, list] of pairs('permissions.txt')) found[bare(operation)] = new Set(list)
  return (operation) => [...(found[bare(operation)] || [])].sort()
}

// names returns every permission an App can be given with its levels. GitHub's
// schema misses a few that its pages name and permissions.txt uses.
export function names(schema) {
  const out = Object.fromEntries(Object.entries(schema).map(([name, s]) => [name, s.enum]))
  for (const [, list] of pairs('permissions.txt')) for (const need of list) out[need.split(':')[0]] ||= ['read', 'write']
  return Object.fromEntries(Object.keys(out).sort().map((k) => [k, out[k]]))
}

// events returns the permission each event needs; "" for an event that an App may
// subscribe to without one, "-" for one that comes unasked.
export const events = () => Object.fromEntries(lines('events.txt').map((l) => l.split(/\s+/)).map(([event, need]) => [event, need === 'none' ? '' : need === 'unasked' ? '-' : need]))
