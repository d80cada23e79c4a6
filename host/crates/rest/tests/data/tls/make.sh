#!/bin/sh
# Makes the keys and certificates that tests of https use, valid for a hundred years; nothing else trusts them.
# Needs openssl 3 and keytool. Passwords are `secret`, that of key-pbes2.pem and key-3des.pem is `keysecret`.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem ./*.key ./*.p12 ./*.jks
days=36500
ca() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days $days \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign
}
issue() { # NAME ISSUER EXTENSIONS
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf '%b' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -days $days -out "$1.pem" -extfile "$1.ext"
  rm "$1.csr" "$1.ext"
}
ca ca
ca stranger-ca
issue server ca 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'
issue client ca 'extendedKeyUsage=clientAuth\n'
issue stranger stranger-ca 'extendedKeyUsage=clientAuth\n'
# Without extensions, so of version 1.
openssl req -new -key server.key -subj /CN=server | openssl x509 -req -signkey server.key -days $days -out server-v1.pem
openssl pkcs8 -topk8 -in server.key -passout pass:keysecret -out key-pbes2.pem
openssl pkcs8 -topk8 -v2 des3 -v2prf hmacWithSHA1 -in server.key -passout pass:keysecret -out key-3des.pem
openssl ec -in server.key -aes128 -passout pass:keysecret -out key-old.pem
openssl ec -in server.key -out key-sec1.pem
openssl pkcs12 -export -inkey server.key -in server.pem -certfile ca.pem -name server -passout pass:secret -out server-openssl.p12
openssl pkcs12 -export -legacy -inkey server.key -in server.pem -certfile ca.pem -name server -passout pass:secret -out server-legacy.p12
keytool -importkeystore -noprompt -srckeystore server-openssl.p12 -srcstorepass secret \
  -destkeystore server-keytool.p12 -deststoretype PKCS12 -deststorepass secret
keytool -importkeystore -noprompt -srckeystore server-openssl.p12 -srcstorepass secret \
  -destkeystore server.jks -deststoretype JKS -deststorepass secret -destkeypass secret
keytool -importcert -noprompt -alias ca -file ca.pem -keystore trust-keytool.p12 -storetype PKCS12 -storepass secret
openssl pkcs12 -export -nokeys -in ca.pem -passout pass:secret -out certs-openssl.p12
rm -f ca.key stranger-ca.key ./*.srl
