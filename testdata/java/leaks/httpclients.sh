# java.net.http: 60 clients with a selector thread each, and one that is shared.
LIBS=
leak jdk-http         jdkhttp/Clients leak
leak jdk-http-control jdkhttp/Clients control
# OkHttp 3: 100 clients, and as many that share connection pool and dispatcher.
if lib okhttp okio; then
  leak okhttp-clients         okhttp/Clients leak
  leak okhttp-clients-control okhttp/Clients control
fi
# Apache HttpClient 4: 60 clients; a pool whose 20 connections are all leased while 5 threads wait; one client that consumes its responses.
if lib httpclient httpcore commons-logging commons-codec; then
  leak httpclient-clients   httpclient/Clients leak
  leak httpclient-exhausted httpclient/Clients exhausted
  leak httpclient-control   httpclient/Clients control
fi
# gRPC: 60 channels to one target that are not shut down, and 60 that are.
if lib grpc-api grpc-core grpc-context grpc-netty guava perfmark-api netty-common netty-buffer netty-resolver netty-transport netty-codec netty-codec-http netty-codec-http2 netty-handler netty-codec-socks netty-handler-proxy netty-transport-native-unix-common; then
  leak grpc-channels         grpc/Channels leak
  leak grpc-channels-control grpc/Channels control
fi
