package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// runTessera appends entries to a log of Tessera's in a directory, cosigned by the witnesses of a policy where one is
// given. The log's key is kept in a file, so that a second run goes on where the first ended.
func runTessera(args []string) (any, error) {
	flags := flag.NewFlagSet("tessera", flag.ContinueOnError)
	dir := flags.String("dir", "", "the log's directory")
	keyFile := flags.String("key", "", "where the log's key pair is kept")
	origin := flags.String("origin", "", "the log's origin")
	count := flags.Int64("count", 0, "entries to append")
	policyFile := flags.String("policy", "", "a tlog-policy file with the witnesses' URLs")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	signer, public, err := keptKey(*keyFile, *origin)
	if err != nil || *count == 0 {
		return map[string]any{"key": public}, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(uint(*count), time.Second).
		WithCheckpointInterval(100 * time.Millisecond)
	if *policyFile != "" {
		text, err := os.ReadFile(*policyFile)
		if err != nil {
			return nil, err
		}
		group, err := tessera.NewWitnessGroupFromPolicy(text)
		if err != nil {
			return nil, err
		}
		options.WithWitnesses(group, &tessera.WitnessOptions{Timeout: 10 * time.Second})
	}
	size, err := appendEntries(*dir, *count, options)
	return map[string]any{"key": public, "size": size}, err
}

// keptKey reads the log's key pair, or makes one. Its file holds the private key and the verifier key, a line each.
func keptKey(file, origin string) (note.Signer, string, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		secret, public, err := note.GenerateKey(rand.Reader, origin)
		if err != nil {
			return nil, "", err
		}
		raw = []byte(secret + "\n" + public)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			return nil, "", err
		}
	} else if err != nil {
		return nil, "", err
	}
	secret, public, _ := strings.Cut(string(raw), "\n")
	signer, err := note.NewSigner(secret)
	return signer, public, err
}

// appendEntries appends count entries and waits until a checkpoint that covers them is published.
func appendEntries(dir string, count int64, options *tessera.AppendOptions) (uint64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return 0, err
	}
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return 0, err
	}
	var futures []tessera.IndexFuture
	for index := range count {
		futures = append(futures, appender.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d of %d", index, count))))
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 50*time.Millisecond)
	var size uint64
	for _, future := range futures {
		index, _, err := awaiter.Await(ctx, future)
		if err != nil {
			return 0, err
		}
		size = max(size, index.Index+1)
	}
	return size, shutdown(ctx)
}
