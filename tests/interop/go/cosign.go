package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"flag"
	"os"

	"filippo.io/torchwood"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// cosign opens a checkpoint with the log's key and prints it with cosignatures by new keys of types 0x04 and 0x06.
func cosign(args []string) (any, error) {
	flags := flag.NewFlagSet("cosign", flag.ContinueOnError)
	file := flags.String("checkpoint", "", "a checkpoint")
	logKey := flags.String("key", "", "the log's Ed25519 verifier key")
	name := flags.String("name", "", "the cosigner's name")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(*file)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(*logKey)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(raw, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	classical, err := torchwood.NewCosignatureSigner(*name, private)
	if err != nil {
		return nil, err
	}
	secret, public, err := formats.GenerateMLDSAKey(*name)
	if err != nil {
		return nil, err
	}
	quantum, err := formats.NewMLDSASigner(secret)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(opened, classical, quantum)
	if err != nil {
		return nil, err
	}
	keys := []string{classical.Verifier().String(), public}
	return map[string]any{"note": string(signed), "keys": keys}, nil
}
