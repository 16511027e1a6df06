package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	formats "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

// proofs verifies every NAME.tlog-proof in a directory against the log entry in NAME.entry, under a policy.
func proofs(args []string) (any, error) {
	flags := flag.NewFlagSet("proofs", flag.ContinueOnError)
	dir := flags.String("dir", "", "where the proofs and entries are")
	policyFile := flags.String("policy", "", "a tlog-policy file")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(*policyFile)
	if err != nil {
		return nil, err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob(filepath.Join(*dir, "*.tlog-proof"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := holds(policy, name); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	return map[string]int{"proofs": len(names)}, nil
}

// holds verifies one proof by torchwood, and takes it apart and checks it again by transparency-dev's packages.
func holds(policy torchwood.Policy, name string) error {
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(strings.TrimSuffix(name, ".tlog-proof") + ".entry")
	if err != nil {
		return err
	}
	if err := torchwood.VerifyProof(policy, tlog.RecordHash(entry), raw); err != nil {
		return err
	}
	var read formats.TLogProof
	if err := read.Unmarshal(raw); err != nil {
		return err
	}
	if !bytes.Equal(read.Marshal(), raw) {
		return errors.New("formats/proof writes it in other bytes")
	}
	var point log.Checkpoint
	if _, err := point.Unmarshal(read.Checkpoint); err != nil {
		return err
	}
	var path [][]byte
	for _, hash := range read.Hashes {
		path = append(path, hash[:])
	}
	hasher := rfc6962.DefaultHasher
	return proof.VerifyInclusion(hasher, read.Index, point.Size, hasher.HashLeaf(entry), path, point.Hash)
}
