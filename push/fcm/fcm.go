package fcm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
	apihttp "google.golang.org/api/transport/http"

	"kendra/push"
)

// scope is the one right that sending needs.
const scope = "https://www.googleapis.com/auth/firebase.messaging"

// Options of a Sender.
type Options struct {
	// CredentialsFile is a service account's JSON file.
	CredentialsFile string
	// ProjectID is read from the credentials file when empty.
	ProjectID string
	// Endpoint replaces FCM's own; a URL without a path gets "/v1".
	Endpoint string
}

// ErrNoCredentials says that there are none; only a loopback endpoint can do without.
var ErrNoCredentials = errors.New("fcm: no credentials: set GOOGLE_APPLICATION_CREDENTIALS")

// Sender is a push.Sender over FCM. It is safe for concurrent use.
type Sender struct {
	client *messaging.Client
	base   *http.Transport
}

// New makes a Sender. It reads the credentials file but calls nobody.
func New(ctx context.Context, o Options) (*Sender, error) {
	endpoint, local, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	base := newBase()
	var auth []option.ClientOption
	switch {
	case local:
		auth = append(auth, option.WithoutAuthentication())
	case o.CredentialsFile == "":
		return nil, ErrNoCredentials
	default:
		account, project, err := readAccount(o.CredentialsFile)
		if err != nil {
			return nil, err
		}
		if o.ProjectID == "" {
			o.ProjectID = project
		}
		auth = append(auth, option.WithAuthCredentialsJSON(option.ServiceAccount, account), option.WithScopes(scope))
	}
	if o.ProjectID == "" {
		return nil, errors.New("fcm: no project id")
	}
	// No telemetry: it would record the URLs of our calls in spans of somebody else's making.
	rt, err := apihttp.NewTransport(ctx, base, append(auth, option.WithTelemetryDisabled())...)
	if err != nil {
		return nil, fmt.Errorf("fcm: make transport: %w", err)
	}
	opts := []option.ClientOption{option.WithHTTPClient(&http.Client{Transport: onceTransport{rt}})}
	if endpoint != "" {
		opts = append(opts, option.WithEndpoint(endpoint))
	}
	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: o.ProjectID}, opts...)
	if err != nil {
		return nil, fmt.Errorf("fcm: make app: %w", err)
	}
	client, err := app.Messaging(ctx)
	if err != nil {
		return nil, fmt.Errorf("fcm: make messaging client: %w", err)
	}
	return &Sender{client: client, base: base}, nil
}

// Close closes idle connections.
func (s *Sender) Close() { s.base.CloseIdleConnections() }

// Send hands one message to FCM, in one try.
func (s *Sender) Send(ctx context.Context, token string, m push.Message) error {
	callCtx, c := newCall(ctx)
	defer c.end()
	_, err := s.client.Send(callCtx, build(token, m))
	if err == nil {
		return nil
	}
	return translate(ctx, c, err)
}

// build puts a message into FCM's words. It is data only: with a notification block Android itself would show a
// text, on a locked screen too.
func build(token string, m push.Message) *messaging.Message {
	priority := "normal"
	if m.High {
		priority = "high"
	}
	ttl := m.TTL
	return &messaging.Message{
		Token:   token,
		Data:    m.Data,
		Android: &messaging.AndroidConfig{CollapseKey: m.CollapseKey, Priority: priority, TTL: &ttl},
	}
}

// translate gives the error that package push knows. The SDK's own text stays here: it quotes the answer.
func translate(ctx context.Context, c *call, err error) error {
	switch {
	case messaging.IsUnregistered(err):
		return push.ErrUnregistered
	case messaging.IsSenderIDMismatch(err):
		return push.ErrSenderMismatch
	case messaging.IsInvalidArgument(err):
		return push.ErrInvalid
	}
	status, after := c.answer()
	if after > 0 && (status == http.StatusTooManyRequests || status >= 500) {
		return &push.RetryAfter{After: after}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("fcm: send: %w", ctx.Err())
	}
	switch {
	case status == 0:
		return fmt.Errorf("fcm: no answer: %w", push.ErrTemporary)
	case status < 300:
		return fmt.Errorf("fcm: unreadable answer: %w", push.ErrTemporary)
	}
	return fmt.Errorf("fcm: status %d: %w", status, push.ErrTemporary)
}

// parseEndpoint checks an endpoint and says whether it is on this machine.
func parseEndpoint(endpoint string) (clean string, local bool, err error) {
	if endpoint == "" {
		return "", false, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", false, errors.New("fcm: endpoint is not a plain URL")
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	local = host == "localhost" || (ip != nil && ip.IsLoopback())
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return "", false, errors.New("fcm: endpoint must be https")
	}
	clean = strings.TrimSuffix(u.String(), "/")
	if strings.Trim(u.Path, "/") == "" {
		clean += "/v1"
	}
	return clean, local, nil
}

// readAccount reads a service account file and the project it names.
func readAccount(file string) (account []byte, project string, err error) {
	account, err = os.ReadFile(file)
	if err != nil {
		return nil, "", fmt.Errorf("fcm: read credentials: %w", err)
	}
	var head struct {
		Type    string `json:"type"`
		Project string `json:"project_id"`
	}
	// The parser's text could quote the key, so it is dropped.
	if json.Unmarshal(account, &head) != nil || head.Type != "service_account" {
		return nil, "", errors.New("fcm: credentials file is not a service account's JSON")
	}
	return account, head.Project, nil
}

// idleConns is more than the workers that send at once, so that none has to dial while another hangs up.
const idleConns = 128

// newBase is the transport under authentication.
func newBase() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idleConns,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
