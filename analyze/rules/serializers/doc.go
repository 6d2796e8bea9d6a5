// Package serializers has the rules on what turns objects into bytes and text: Jackson, JAXB, Java's own object streams.
package serializers
