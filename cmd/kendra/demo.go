package main

import (
	"context"
	"errors"
	"io"
)

func runDemo(context.Context, config, []string, io.Writer) error { return errors.New("demo") }
