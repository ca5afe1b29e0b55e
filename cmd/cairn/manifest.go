package main

import (
	"fmt"

	"gopkg.in/yaml.v3"

	cairn "github.com/cairn-dev/cairn"
)

// manifest is the part of app.yml that the stand-in needs.
type manifest struct {
	Permissions map[string]string `yaml:"default_permissions"`
	Events      []string          `yaml:"default_events"`
}

// appManifest reads the App manifest that is part of the program.
func appManifest() (manifest, error) {
	var m manifest
	if err := yaml.Unmarshal(cairn.AppManifest, &m); err != nil {
		return manifest{}, fmt.Errorf("app.yml: %w", err)
	}
	return m, nil
}
