package action

import "errors"

// Limits bound what a workspace may hold and so what a run may write.
type Limits struct {
	Bytes int64 // of all files together
	File  int64 // bytes of one file, read or written
	Files int   // files, folders and links together
	Depth int   // names in a path
}

// DefaultLimits are far above any skeleton in use and keep a run within 256 MB of
// memory.
func DefaultLimits() Limits {
	return Limits{Bytes: 128 << 20, File: 32 << 20, Files: 20_000, Depth: 64}
}

// ErrLimit is in the chain of every error that names one of Limits.
var ErrLimit = errors.New("limit reached")

// ErrOutside is in the chain of the error about a path that leaves the folder it
// counts from. The text is Backstage's.
var ErrOutside = errors.New("Relative path is not allowed to refer to a directory outside its parent") //nolint:staticcheck // Backstage's text

// ErrName is in the chain of the error about a name that no workspace takes,
// because some system cannot hold it or reads something else in it.
var ErrName = errors.New("name not allowed")
