// Package messaging has the rules on messages and events that wait to be consumed: ActiveMQ, RxJava, Kafka.
package messaging
