package main

import (
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// store holds the hashes of a tree in the order of tlog.StoredHashIndex.
type store []tlog.Hash

func (s store) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("no hash is stored at %d", index)
		}
		found = append(found, s[index])
	}
	return found, nil
}

type prefix struct {
	Old   int64    `json:"old"`   // entries
	Root  string   `json:"root"`  // hex
	Proof []string `json:"proof"` // hex
}

type written struct {
	Keys       []string `json:"keys"`       // verifier keys: Ed25519, ML-DSA-44
	Root       string   `json:"root"`       // hex
	Proofs     []string `json:"proofs"`     // tlog-proofs of some entries
	Consistent []prefix `json:"consistent"` // consistency proofs from some sizes
}

// entryAt is what entry index of a written log holds: text of a length that varies, empty at times.
func entryAt(index int64) []byte {
	text := fmt.Sprintf("entry %d of a log from elsewhere ", index)
	var entry []byte
	for range index % 9 {
		entry = append(entry, text...)
	}
	return entry
}

// write makes a log in the tlog-tiles layout by golang.org/x/mod, and proofs about it.
func write(args []string) (any, error) {
	flags := flag.NewFlagSet("write", flag.ContinueOnError)
	dir := flags.String("dir", "", "where to write")
	origin := flags.String("origin", "", "the log's origin")
	size := flags.Int64("size", 0, "entries")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	var hashes store
	for index := range *size {
		added, err := tlog.StoredHashes(index, entryAt(index), hashes)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, added...)
	}
	root, err := tlog.TreeHash(*size, hashes)
	if err != nil {
		return nil, err
	}
	answer := &written{Root: hex.EncodeToString(root[:])}
	if err := writeTiles(*dir, *size, hashes); err != nil {
		return nil, err
	}
	signed, err := signTree(*origin, tlog.Tree{N: *size, Hash: root}, answer)
	if err != nil {
		return nil, err
	}
	if err := prove(*size, hashes, signed, answer); err != nil {
		return nil, err
	}
	return answer, put(*dir, "checkpoint", signed)
}

// writeTiles writes the Merkle tiles and the entry bundles of the tree.
func writeTiles(dir string, size int64, hashes store) error {
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if err := put(dir, torchwood.TilePath(tile), data); err != nil {
			return err
		}
		if tile.L != 0 {
			continue
		}
		var bundle []byte
		first := tile.N * torchwood.TileWidth
		for index := first; index < first+int64(tile.W); index++ {
			if bundle, err = torchwood.AppendTileEntry(bundle, entryAt(index)); err != nil {
				return err
			}
		}
		tile.L = -1
		if err := put(dir, torchwood.TilePath(tile), bundle); err != nil {
			return err
		}
	}
	return nil
}

// signTree signs the checkpoint with a new Ed25519 and a new ML-DSA-44 key.
func signTree(origin string, tree tlog.Tree, answer *written) ([]byte, error) {
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, err
	}
	classical, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	secretPQ, publicPQ, err := formats.GenerateMLDSAKey(origin)
	if err != nil {
		return nil, err
	}
	quantum, err := formats.NewMLDSASigner(secretPQ)
	if err != nil {
		return nil, err
	}
	answer.Keys = []string{public, publicPQ}
	point := torchwood.Checkpoint{Origin: origin, Tree: tree}
	return note.Sign(&note.Note{Text: point.String()}, classical, quantum)
}

// prove adds proofs for some entries and from some sizes.
func prove(size int64, hashes store, signed []byte, answer *written) error {
	for index := int64(0); index < size; index += 1 + size/20 {
		path, err := tlog.ProveRecord(size, index, hashes)
		if err != nil {
			return err
		}
		extra := fmt.Appendf(nil, "about entry %d", index)
		answer.Proofs = append(answer.Proofs, string(torchwood.FormatProofWithExtraData(index, extra, path, signed)))
		root, err := tlog.TreeHash(index+1, hashes)
		if err != nil {
			return err
		}
		steps, err := tlog.ProveTree(size, index+1, hashes)
		if err != nil {
			return err
		}
		found := prefix{Old: index + 1, Root: hex.EncodeToString(root[:]), Proof: []string{}}
		for _, step := range steps {
			found.Proof = append(found.Proof, hex.EncodeToString(step[:]))
		}
		answer.Consistent = append(answer.Consistent, found)
	}
	return nil
}

func put(dir, path string, content []byte) error {
	full := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	return os.WriteFile(full, content, 0o644)
}
