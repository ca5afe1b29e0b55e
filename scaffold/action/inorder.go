package action

import (
	"context"
	"runtime"
)

// inOrder prepares items on a few goroutines and hands the results to finish in
// the order of items, one at a time. It stops at the first error, and no goroutine
// is left when it returns.
func inOrder[T, R any](ctx context.Context, items []T, prepare func(context.Context, T) (R, error), finish func(T, R) error) error {
	type result struct {
		value R
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	ahead := make(chan chan result, min(runtime.GOMAXPROCS(0), 4)-1) // wait for their turn
	go func() {
		defer close(ahead)
		for _, item := range items {
			slot := make(chan result, 1)
			select {
			case ahead <- slot:
			case <-ctx.Done():
				return
			}
			go func() {
				value, err := prepare(ctx, item)
				slot <- result{value, err}
			}()
		}
	}()
	defer func() {
		cancel()
		for slot := range ahead {
			<-slot
		}
	}()
	for _, item := range items {
		slot, ok := <-ahead
		if !ok {
			return ctx.Err()
		}
		r := <-slot
		if r.err == nil {
			r.err = finish(item, r.value)
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}
