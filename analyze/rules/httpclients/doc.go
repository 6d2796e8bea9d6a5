// Package httpclients has the rules on HTTP and RPC clients: java.net.http, OkHttp, Apache HttpClient, gRPC.
package httpclients
