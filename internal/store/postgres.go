package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// postgresConnections bounds the pool of one replica.
	postgresConnections = 16
	// postgresConnectTimeout applies when the URL names none.
	postgresConnectTimeout = 10 * time.Second
)

func openPostgreSQL(ctx context.Context, url string) (*DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// The parser's message may quote what it could not take apart, password included.
		return nil, errors.New("the PostgreSQL URL is malformed; its form is postgres://USER:PASSWORD@HOST:PORT/DATABASE " +
			"with special characters percent-encoded (it is not shown here because it may hold a password)")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = postgresConnectTimeout
	}
	db := &DB{dialect: PostgreSQL, server: config, DB: stdlib.OpenDB(*config)}
	db.SetMaxOpenConns(postgresConnections)
	db.SetMaxIdleConns(postgresConnections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("PostgreSQL at %s:%d, database %s, user %s: %w",
			config.Host, config.Port, config.Database, config.User, err), db.DB.Close())
	}
	return db, nil
}

// Listen waits for notifications on a PostgreSQL channel, over a connection of its
// own, until ctx ends or the connection breaks, and returns why. heard is called
// once when it listens, so that nothing sent before is missed, and then for each
// notification. On SQLite there is nobody else to hear from: it waits for ctx.
func (db *DB) Listen(ctx context.Context, channel string, heard func()) error {
	if db.dialect != PostgreSQL {
		<-ctx.Done()
		return ctx.Err()
	}
	conn, err := pgx.ConnectConfig(ctx, db.server.Copy())
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(closing) // the reason to leave is returned; the connection is dropped either way
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	heard()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		heard()
	}
}
