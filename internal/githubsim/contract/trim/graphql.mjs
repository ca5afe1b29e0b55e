// The whole GraphQL schema, without prose: small enough to need no choice.
import { Kind, parse, print, stripIgnoredCharacters, visit } from 'graphql'
import { schema } from '@octokit/graphql-schema'
import { write } from './files.mjs'

export function graphql() {
  const directives = (node) => node.directives?.filter((d) => d.name.value === 'deprecated').map((d) => ({ ...d, arguments: [] }))
  const small = visit(parse(schema.idl), {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) return null // GitHub's own; none is for a query
      const fields = node.fields && [...new Map(node.fields.map((f) => [f.name.value, f])).values()] // some were published twice
      if ('description' in node || node.directives) return { ...node, description: undefined, directives: directives(node), ...(fields && { fields }) }
    },
  })
  write('schema.graphql', stripIgnoredCharacters(print(small)) + '\n', '../graphql')
}
