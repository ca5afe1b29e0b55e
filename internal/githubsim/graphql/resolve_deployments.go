package graphql

func (r *reader) deployments(repo *Repository, args Args) (any, error) {
	all := keep(r.world.Deployments(repo), func(d *Deployment) bool { return args.allows("environments", d.Environment) })
	sortBy(all, args.Object("orderBy").String("direction"), func(a, b *Deployment) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return paginate(all, args)
}

func (r *reader) deployment() map[string]Resolver {
	return map[string]Resolver{
		"id":                  get(func(d *Deployment) any { return d.NodeID }),
		"databaseId":          get(func(d *Deployment) any { return d.ID }),
		"commitOid":           get(func(d *Deployment) any { return d.SHA }),
		"commit":              get(func(d *Deployment) any { return r.object(d.Repo, d.SHA, "") }),
		"ref":                 get(func(d *Deployment) any { return r.refOrNil(d.Repo, d.Ref) }),
		"environment":         get(func(d *Deployment) any { return orNull(d.Environment) }),
		"latestEnvironment":   get(func(d *Deployment) any { return orNull(d.Environment) }),
		"originalEnvironment": get(func(d *Deployment) any { return orNull(d.OriginalEnvironment) }),
		"task":                get(func(d *Deployment) any { return orNull(d.Task) }),
		"description":         get(func(d *Deployment) any { return orNull(d.Description) }),
		"payload":             get(func(d *Deployment) any { return orNull(d.Payload) }),
		"state":               get(func(d *Deployment) any { return orNull(d.State) }),
		"creator":             get(func(d *Deployment) any { return d.Creator }),
		"createdAt":           get(func(d *Deployment) any { return d.CreatedAt }),
		"updatedAt":           get(func(d *Deployment) any { return d.UpdatedAt }),
		"repository":          get(func(d *Deployment) any { return d.Repo }),
		"latestStatus": get(func(d *Deployment) any {
			if len(d.Statuses) == 0 {
				return nil
			}
			return deploymentStatus(d.Statuses[len(d.Statuses)-1])
		}),
		"statuses": ask(func(d *Deployment, args Args) (any, error) {
			var out []fields // newest first
			for i := len(d.Statuses) - 1; i >= 0; i-- {
				out = append(out, deploymentStatus(d.Statuses[i]))
			}
			return paginate(out, args)
		}),
	}
}

func deploymentStatus(s *DeploymentStatus) fields {
	return fields{"__typename": "DeploymentStatus", "id": s.NodeID, "state": s.State, "description": orNull(s.Description),
		"environment": orNull(s.Environment), "environmentUrl": orNull(s.EnvironmentURL), "logUrl": orNull(s.LogURL),
		"creator": s.Creator, "createdAt": s.CreatedAt, "updatedAt": s.UpdatedAt, "deployment": s.Deployment}
}

func (r *reader) releases(repo *Repository, args Args) (any, error) {
	var out []fields
	for _, rel := range r.world.Releases(repo) {
		out = append(out, r.release(rel))
	}
	return paginate(out, args)
}

// latestRelease is the newest that is neither draft nor prerelease.
func (r *reader) latestRelease(repo *Repository) any {
	all := r.world.Releases(repo)
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].Draft && !all[i].Prerelease {
			return r.release(all[i])
		}
	}
	return nil
}

func (r *reader) release(rel *Release) fields {
	return fields{"__typename": "Release", "id": rel.NodeID, "databaseId": rel.ID, "name": orNull(rel.Name), "tagName": rel.Tag,
		"description": orNull(rel.Body), "isDraft": rel.Draft, "isPrerelease": rel.Prerelease, "author": rel.Author, "url": rel.URL,
		"createdAt": rel.CreatedAt, "updatedAt": rel.UpdatedAt, "publishedAt": orNever(rel.PublishedAt), "repository": rel.Repo,
		"tag": r.refOrNil(rel.Repo, "refs/tags/"+rel.Tag)}
}
