// Package cairn holds what is part of the program and lies at the top of the
// repository, where people look for it.
package cairn

import _ "embed"

// AppManifest is app.yml: the permissions and events of the GitHub App.
//
//go:embed app.yml
var AppManifest []byte
