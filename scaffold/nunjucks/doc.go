// Package nunjucks is the template language of Backstage's scaffolder: the part
// of nunjucks 3.2.4 that Backstage's renderers accept, to the byte, including
// JavaScript's value semantics (numbers, coercion, undefined and null, UTF-16
// string lengths, insertion-ordered objects).
//
// It parses a source once into a tree and walks that tree. It never runs code of
// a template's author outside this tree, never reads a file, the environment or
// the network (include, extends and import fail as they do in Backstage), never
// reaches a Go value by reflection, and never exceeds [Limits]: hostile input
// ends with an [*Error] that names the limit and the line.
//
// Start from [Engine].
package nunjucks
