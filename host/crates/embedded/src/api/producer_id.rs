//! InitProducerId: a number for an idempotent producer.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::{CodecError, Request};
use crate::broker::Broker;
use crate::wire::Reply;

pub(super) async fn handle(broker: &Arc<Broker>, request: &mut Request) -> Result<Option<Reply>, CodecError> {
    let wanted: InitProducerIdRequest = request.decode()?;
    let refuse = |code: ResponseError| {
        let answer = InitProducerIdResponse::default().with_error_code(code.code());
        answer.with_producer_id(ProducerId(-1)).with_producer_epoch(-1)
    };
    let answer = if wanted.transactional_id.is_some() {
        refuse(ResponseError::TransactionalIdAuthorizationFailed)
    } else {
        match broker.producer_ids.next().await {
            Ok(id) => InitProducerIdResponse::default().with_producer_id(ProducerId(id)).with_producer_epoch(0),
            Err(e) => {
                tracing::error!(error = %e, "cannot reserve producer ids");
                refuse(ResponseError::KafkaStorageError)
            }
        }
    };
    request.answer(&answer)
}
