// SPDX-License-Identifier: Apache-2.0

// go_client logs in with golang.org/x/crypto/ssh and runs a command. What answers the prompt stands in doc/clients.md.
// Usage: go_client password|key PORT USER COMMAND
// CREDENTIAL is what is given as the password, KEY the private key's file.
package main

import (
	"fmt"
	"log"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func method(way string) ssh.AuthMethod {
	if way == "password" {
		return ssh.Password(os.Getenv("CREDENTIAL"))
	}
	return ssh.PublicKeys(must(ssh.ParsePrivateKey(must(os.ReadFile(os.Getenv("KEY"))))))
}

func main() {
	way, port, user, command := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	client := must(ssh.Dial("tcp", "web01.example.com:"+port, &ssh.ClientConfig{User: user,
		HostKeyCallback: must(knownhosts.New(os.Getenv("HOME") + "/.ssh/known_hosts")),
		Auth:            []ssh.AuthMethod{method(way)}}))
	out, err := must(client.NewSession()).Output(command)
	fmt.Print(string(out))
	if err != nil {
		log.Fatal(err)
	}
}
