// Makes ../data and the stand-in's ../../graphql/schema.graphql.gz from GitHub's own published descriptions: what the stand-in and
// Cairn use of them, without prose. `make contracts` runs it.
import { graphql } from './graphql.mjs'
import { rest } from './rest.mjs'
import { webhooks } from './webhooks.mjs'

rest()
webhooks()
graphql()
