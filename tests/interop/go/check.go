package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	"filippo.io/torchwood"
	"github.com/transparency-dev/formats/log"
	formats "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/witness"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// vkeys collects a flag that may be given more than once.
type vkeys []string

func (v *vkeys) String() string         { return strings.Join(*v, " ") }
func (v *vkeys) Set(value string) error { *v = append(*v, value); return nil }

type checked struct {
	Signed     []string `json:"signed"`     // name+id of every key given that signed the checkpoint
	Size       int64    `json:"size"`       // of the checkpoint, as two parsers agree
	Root       string   `json:"root"`       // hex
	Entries    string   `json:"entries"`    // hex SHA-256 over all entries, each behind its length in 8 bytes
	Included   int      `json:"included"`   // inclusion proofs built from the tiles that hold
	Consistent int      `json:"consistent"` // consistency proofs likewise
}

// check verifies a published log: signatures and policy, every entry and tile, proofs built from the tiles.
func check(args []string) (any, error) {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	from := flags.String("from", "", "the log's directory or http URL")
	policyFile := flags.String("policy", "", "a tlog-policy file")
	var keys vkeys
	flags.Var(&keys, "key", "a verifier key; the first is the log's Ed25519 key")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	tiles, files, err := open(*from)
	if err != nil {
		return nil, err
	}
	raw, err := tiles.ReadEndpoint(context.Background(), "checkpoint")
	if err != nil {
		return nil, err
	}
	answer := &checked{}
	if answer.Signed, err = signers(raw, keys); err != nil {
		return nil, err
	}
	tree, err := underPolicy(raw, *policyFile, keys[0])
	if err != nil {
		return nil, err
	}
	answer.Size, answer.Root = tree.N, hex.EncodeToString(tree.Hash[:])
	if err := readAll(tiles, tree, answer); err != nil {
		return nil, err
	}
	return answer, fsckLog(files, keys[0])
}

// open makes the two readers of a directory or an http URL: torchwood's and Tessera's.
func open(from string) (torchwood.TileReader, fsck.Fetcher, error) {
	if !strings.HasPrefix(from, "http://") {
		tiles, err := torchwood.NewTileFS(os.DirFS(from))
		return tiles, client.FileFetcher{Root: from}, err
	}
	tiles, err := torchwood.NewTileFetcher(from)
	if err != nil {
		return nil, nil, err
	}
	root, err := url.Parse(from + "/")
	if err != nil {
		return nil, nil, err
	}
	files, err := client.NewHTTPFetcher(root, nil)
	return tiles, files, err
}

// signers opens the note with all keys: a false signature of one of them fails it.
func signers(raw []byte, keys []string) ([]string, error) {
	var known []note.Verifier
	for _, key := range keys {
		verifier, err := formats.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("verifier key %s: %w", key, err)
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(raw, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, signature := range opened.Sigs {
		names = append(names, fmt.Sprintf("%s+%08x", signature.Name, signature.Hash))
	}
	return names, nil
}

// underPolicy asks two implementations of tlog-policy, and two parsers of checkpoints, which must agree.
func underPolicy(raw []byte, policyFile, logKey string) (tlog.Tree, error) {
	text, err := os.ReadFile(policyFile)
	if err != nil {
		return tlog.Tree{}, err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return tlog.Tree{}, err
	}
	first, _, err := torchwood.VerifyCheckpoint(raw, policy)
	if err != nil {
		return tlog.Tree{}, err
	}
	group, err := witness.ParsePolicy(text)
	if err != nil {
		return tlog.Tree{}, err
	}
	if !group.Satisfied(raw) {
		return tlog.Tree{}, errors.New("formats/witness: the quorum is not met")
	}
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return tlog.Tree{}, err
	}
	second, _, _, err := log.ParseCheckpoint(raw, first.Origin, verifier)
	if err != nil {
		return tlog.Tree{}, err
	}
	if second.Size != uint64(first.N) || !bytes.Equal(second.Hash, first.Hash[:]) {
		return tlog.Tree{}, errors.New("two parsers read two trees in one checkpoint")
	}
	return first.Tree, nil
}

// readAll reads every entry against the tree and proves some of them, and some prefixes, out of the tiles.
func readAll(tiles torchwood.TileReader, tree tlog.Tree, answer *checked) error {
	ctx := context.Background()
	reader, err := torchwood.NewClient(tiles)
	if err != nil {
		return err
	}
	digest, count := sha256.New(), int64(0)
	for index, entry := range reader.AllEntries(ctx, tree, 0) {
		if index != count {
			return fmt.Errorf("entry %d came in place of %d", index, count)
		}
		fmt.Fprintf(digest, "%08x", len(entry))
		digest.Write(entry)
		count++
	}
	if err := reader.Err(); err != nil {
		return err
	}
	if count != tree.N {
		return fmt.Errorf("%d entries in a tree of %d", count, tree.N)
	}
	answer.Entries = hex.EncodeToString(digest.Sum(nil))
	hashes := torchwood.TileHashReaderWithContext(ctx, tree, tiles)
	for index := int64(0); index < tree.N; index += 1 + tree.N/40 {
		entry, proof, err := reader.Entry(ctx, tree, index)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		answer.Included++
		if err := extends(tree, index+1, hashes); err != nil {
			return fmt.Errorf("size %d: %w", index+1, err)
		}
		answer.Consistent++
	}
	return nil
}

// extends checks that the tree begins with its first old entries, by a proof built from the tiles.
func extends(tree tlog.Tree, old int64, hashes tlog.HashReader) error {
	root, err := tlog.TreeHash(old, hashes)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old, root)
}

// fsckLog lets Tessera rebuild every tile from the entries and compare.
func fsckLog(files fsck.Fetcher, logKey string) error {
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return err
	}
	hasher := func(bundle []byte) ([][]byte, error) {
		var read api.EntryBundle
		if err := read.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		var leaves [][]byte
		for _, entry := range read.Entries {
			leaves = append(leaves, rfc6962.DefaultHasher.HashLeaf(entry))
		}
		return leaves, nil
	}
	return fsck.New(verifier.Name(), verifier, files, hasher, fsck.Opts{N: 2}).Check(context.Background())
}
