// Command interop reads and writes logs with transparency software from elsewhere, so that tests can hold this
// project's bytes against it. Each subcommand prints one JSON object, or fails with a sentence on stderr.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// commands maps each subcommand to what it does. The value that comes back is printed.
var commands = map[string]func(args []string) (any, error){
	"check":   check,
	"proofs":  proofs,
	"write":   write,
	"cosign":  cosign,
	"tessera": runTessera,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("usage: interop check|proofs|write|cosign|tessera FLAGS")
	}
	answer, err := commands[args[0]](args[1:])
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}
