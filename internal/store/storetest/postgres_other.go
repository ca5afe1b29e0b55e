//go:build !unix

package storetest

import "os/exec"

// runAsPostgres has nothing to do where there is no root.
func runAsPostgres(*exec.Cmd, string) error { return nil }
